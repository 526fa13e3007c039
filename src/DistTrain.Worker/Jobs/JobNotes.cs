namespace DistTrain.Worker.Jobs;

/// <summary>What happened to a job, in words for those who watch it; until its grain is lost with its silo.</summary>
/// <param name="clock">Dates lines.</param>
/// <param name="step">The committed step that the job is seen at.</param>
internal sealed class JobNotes(JobClock clock, Func<long> step)
{
    private readonly List<JobLogLine> _lines = [];

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<JobLogLine> Lines => [.. _lines];

    /// <summary>What was said before the grain moved here.</summary>
    public void GoOn(IEnumerable<JobLogLine> lines) => _lines.InsertRange(0, lines);

    /// <summary>Adds a line, unless it repeats the last one.</summary>
    /// <param name="text">One line for people.</param>
    /// <param name="kind">What it is about.</param>
    /// <param name="redone">Steps that are done again because of it.</param>
    public void Say(string text, JobLogKind kind = JobLogKind.Note, long redone = 0)
    {
        if (_lines.Count == 0 || _lines[^1].Text != text)
            _lines.Add(new JobLogLine(clock.UtcNow.ToUnixTimeMilliseconds(), text, kind, step(), redone));
    }

    /// <summary>Adds a line that has not been said yet.</summary>
    public void SayOnce(string text)
    {
        if (_lines.TrueForAll(l => l.Text != text))
            Say(text);
    }
}
