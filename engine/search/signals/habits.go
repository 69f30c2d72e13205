package signals

// Habits are signals that say how the questions and memories of a set happen to lie: where
// in a session evidence stands, how old it is, how many memories there are. A ranker that
// learns them from judged questions is wrong as soon as the memories are more.
func Habits() []string {
	return []string{Position.String(), IsFirst.String(), Age.String(), Documents.String(), RoleShare.String()}
}
