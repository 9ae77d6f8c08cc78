"""What is done on a running engine, a file a subject; `headend.HeadEnd` is the face of it all."""
