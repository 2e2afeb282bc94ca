package pack

// Speed is how fast a model is on a machine, in tokens a minute.
type Speed struct {
	Read  int `json:"read"`
	Write int `json:"write"`
	// On is the machine, Threads what the model was given of it, At the day: 2006-01-02.
	On      string `json:"on"`
	Threads int    `json:"threads"`
	At      string `json:"at"`
}

// Known reports whether there is a figure for both.
func (s Speed) Known() bool { return s.Read > 0 && s.Write > 0 }
