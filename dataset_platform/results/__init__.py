"""What lies in storage, as commands show it: a module for each topic, so that a command loads no other's."""
