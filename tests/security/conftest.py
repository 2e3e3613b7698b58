"""The pages of a small city, as the integration tests have them."""

from tests.integration.conftest import log_in, web

__all__ = ["log_in", "web"]
