"""What can go wrong with a backup. The messages tell what to do next."""

from services.errors import TourneeError


class BackupDamaged(TourneeError):
    """The file is not, or no longer, what was written. Nothing was put into the store."""


class BackupRefused(TourneeError):
    """The file or the store is not fit for it. Nothing was changed."""
