"""Why a pool is not as it should be, and what to do. Pure: judged pools in, findings out."""

from .find import diagnose
from .model import Cause, Finding, Remedy

__all__ = ["Cause", "Finding", "Remedy", "diagnose"]
