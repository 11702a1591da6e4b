"""What a release talks to, played on loopback: the index, GitHub, its token endpoint, and Sigstore."""
