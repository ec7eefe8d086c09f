"""What the operating system keeps for us: limits, locks, and folders that outlive whoever made them."""
