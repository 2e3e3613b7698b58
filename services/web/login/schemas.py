"""What programs say and hear when they log in."""

from pydantic import BaseModel, Field

from services.contracts.fields import CityId
from services.web.accounts import Role


class LogIn(BaseModel):
    """For a driver the login is the truck's code and the password its digits."""

    city: CityId
    login: str = Field(min_length=1, max_length=64)
    password: str = Field(min_length=1, max_length=256)


class LoggedIn(BaseModel):
    csrf: str = Field(description="send it as the header X-CSRF-Token with every order")
    role: Role
    truck: str | None
