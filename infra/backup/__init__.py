"""The store in one file, and back: `take_backup` and `restore_backup`."""

from infra.backup.errors import BackupDamaged, BackupRefused
from infra.backup.restore import restore_backup
from infra.backup.take import take_backup

__all__ = ["BackupDamaged", "BackupRefused", "restore_backup", "take_backup"]
