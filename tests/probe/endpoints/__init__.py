"""The nettests that go to services, resolvers and responders: each interference seen, its innocent twin quiet."""
