"""What a change would do in each environment: previews read, judged, explained and shown for a pull request. Pure."""
