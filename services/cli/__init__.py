"""The command `tournee`: one module a group of sub-commands, each parsing, naming and handing over."""

from services.cli.app import main

__all__ = ["main"]
