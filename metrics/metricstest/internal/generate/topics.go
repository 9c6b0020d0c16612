package generate

// topics returns the streams of all vectors, without their values.
func topics() []topic {
	return []topic{
		papers(),
		roleChunk(),
		tail(),
		chunks(),
		shortAnswers(),
		outcomes(),
		clocks(),
		usage(),
		stalls(),
		phases(),
		deadlines(),
		attainment(),
		pace(),
		reader(),
		experience(),
		grids(),
		zeroGaps(),
		long(),
	}
}
