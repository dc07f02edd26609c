"""The laws of the storage, one file per collection; `UnitOfWorkContract` is all of them together."""
