"""What two machines say to each other: versioned models that the client and the server share."""
