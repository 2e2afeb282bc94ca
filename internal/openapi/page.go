package openapi

import "landfall"

func page(doc landfall.Object, t Texts, all []Texts) ([]byte, error) { return nil, nil }
