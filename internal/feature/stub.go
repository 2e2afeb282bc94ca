package feature

import "landfall"

type callerSchema struct{}

func admitSchema(*Feature, *Call) *landfall.Error { return nil }
func shapeJSON(*shaping) error                     { return nil }
func shapeEdits(*shaping) error                    { return nil }
func editsApply(*subject) string                   { return "" }
func editsOrdered(*subject) string                 { return "" }
func validIsTrue(*subject) string                  { return "" }
