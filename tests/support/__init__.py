"""What tests share: makers of signed documents that are valid in every respect."""
