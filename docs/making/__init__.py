"""What makes the pages and pictures that are made of the code. No part of the library."""
