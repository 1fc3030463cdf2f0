"""Face matching and portraits. Nothing is imported here: OpenCV stays out of web workers."""
