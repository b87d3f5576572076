"""What the pytest plugin does once it is used: scenarios as items, judged one by one."""
