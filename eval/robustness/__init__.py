"""What the picture's condition costs: the same queries, cropped, blurred, dark, and so on."""
