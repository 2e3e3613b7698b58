"""What programs say and hear when they log in."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from services.contracts.fields import CityId, Id
from services.web.entry.rights import Role


def _is_storable(text: str) -> str:
    """Refuse what no login and no password can hold: a NUL, or half of a character."""
    if "\0" in text or (not text.isascii() and any("\ud800" <= sign <= "\udfff" for sign in text)):
        raise ValueError("a NUL or half a character")
    return text


Name = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_is_storable)]
Password = Annotated[str, Field(min_length=1, max_length=256), AfterValidator(_is_storable)]


class LogIn(BaseModel):
    """For a driver the login is the truck's code and the password its digits, from the truck's phone alone.

    A browser's cookie holds the phone's key; a program sends it as the header `X-Truck-Phone`.
    """

    city: CityId
    login: Name
    password: Password
    one_time: str = Field(
        default="", max_length=32, description="where the account asks for one-time codes: of now, or for recovery"
    )


class LoggedIn(BaseModel):
    csrf: str = Field(description="send it as the header X-CSRF-Token with every order")
    role: Role
    truck: str | None


class ChangePassword(BaseModel):
    current: Password
    new: Password


class OpenSession(BaseModel):
    """One of the account's sessions."""

    session_id: str
    opened_at: datetime
    seen_at: datetime = Field(description="to within five minutes")
    address: str
    browser: str
    is_this: bool


class InvitePhone(BaseModel):
    truck: Id


class Invited(BaseModel):
    path: str = Field(description="of the page that the phone opens, once, within two days")


class EnrolPhone(BaseModel):
    code: str = Field(min_length=8, max_length=64)


class Enrolled(BaseModel):
    city: str
    truck: str
    key: str = Field(description="for programs: send it as the header X-Truck-Phone when logging in")


class TruckPhone(BaseModel):
    phone_id: UUID
    truck_id: str
    enrolled_by: str
    enrolled_at: datetime
    seen_at: datetime | None
