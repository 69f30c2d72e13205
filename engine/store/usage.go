package store

type usageEntry struct{}

func (t *transaction) saveUsage(r *request) error { return nil }
