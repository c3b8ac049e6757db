"""From a record to the conversation it is, in each shape that turns come in."""
