"""What is well and what is not, and what to do next: `examine`."""

from infra.doctor.examine import examine
from infra.doctor.findings import Finding

__all__ = ["Finding", "examine"]
