// Package confidence says how probable it is that the answer to a question is among the
// first eight hits: the measure by which an application says "I do not know" instead of
// handing over what merely looks alike.
//
// A Gauge reads some features off the candidates, their signals and the ranker's scores.
// What is the best hit worth, and how far is it ahead? How much of the question stands
// around it, and which words occur nowhere? Does it hold a value of the kind that is
// asked for, beside the names that are asked about? A Model, small oblivious trees fitted
// to the logistic loss, sums them up, and a table that rises monotonically (isotonic
// regression, Barlow et al. 1972; for classifiers Zadrozny and Elkan 2002) turns the sum
// into the share of judged questions with it that were answered.
//
// Useful for: questions on what was never told. Not useful for: which of the hits it is,
// or whether what they say is true.
package confidence
