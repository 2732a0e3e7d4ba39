package journal

import "database/sql"

// DB returns the journal's connections.
func (s *Store) DB() *sql.DB { return s.db }
