"""Container images without Docker: reproducible OCI archives of static programs and of the operator.

The operator's is built by Docker where only that is there.
"""

from .archive import Image
from .catalogue import IMAGES, UnknownImage, build
from .failures import CannotBuild
from .layer import Digest
from .operatorimage import build_operator
from .static import build_static

__all__ = ["IMAGES", "CannotBuild", "Digest", "Image", "UnknownImage", "build", "build_operator", "build_static"]
