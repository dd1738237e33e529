"""The five stages of YOLOv5, a module each: input, backbone, neck, head, loss."""
