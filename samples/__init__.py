"""Everything for trying the product at a desk: people, a phone, services, vectors."""
