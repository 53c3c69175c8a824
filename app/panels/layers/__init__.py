"""What student layers learned from teacher layers."""
