"""What people see while and after something runs."""
