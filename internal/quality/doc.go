// Package quality measures a model's answers, feature by feature and language by
// language, on inputs of our own: how many keep their contract, how many a model
// was needed for, how many are right, and how many follow an instruction that was
// planted in the input.
//
// Answers are kept, verdicts are not: what was asked once of the same feature,
// prompt, model and input is not asked again, and a rule of judgement that changes
// judges old answers anew. The product's own checks know nothing of this package.
package quality
