"""The image of the virtual machines."""

from ..azure_types import ImageId, LaterOr, Text
from .base import SpecModel


class ImageReference(SpecModel):
    """``imageReference``: a Marketplace image, or the id of one's own or of a gallery's."""

    publisher: LaterOr[Text] | None = None
    offer: LaterOr[Text] | None = None
    sku: LaterOr[Text] | None = None
    version: LaterOr[Text] | None = None
    id: LaterOr[ImageId] | None = None
    shared_gallery_image_id: LaterOr[Text] | None = None
    community_gallery_image_id: LaterOr[Text] | None = None
