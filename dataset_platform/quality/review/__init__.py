"""The review loop: which rows of a release a person should see, and how they travel there and back."""
