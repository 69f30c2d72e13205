package engine

// QuestionsOfJudgements is what Train makes of judgements.
var QuestionsOfJudgements = questionsOfJudgements
