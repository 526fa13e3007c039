using DistTrain.Cli.Output;
using DistTrain.Client;

namespace DistTrain.Cli.Display;

/// <summary>Each event as one JSON line.</summary>
internal sealed class JsonDisplay(TextWriter output) : IJobDisplay
{
    public void Note(string text)
    {
        // Programs follow events; the words around them are for people.
    }

    public void Submitted(string job) => Write(new SubmittedEvent(job));

    public async Task<JobSummary> FollowAsync(IAsyncEnumerable<JobEvent> events, CancellationToken cancel)
    {
        var last = new JobSummary();
        await foreach (var next in events.WithCancellation(cancel))
        {
            last = next as JobSummary ?? last;
            if (Event(next) is { } line)
                Write(line);
        }

        return last;
    }

    public void Completed(CompletedEvent completed) => Write(completed);

    public void Failed(string job, string reason) => Write(new FailedEvent(job, reason));

    public void Cancelled(string job) => Write(new CancelledEvent(job));

    private static OutputEvent? Event(JobEvent next) => next switch
    {
        JobSummary job => new StateEvent(job.State.Name(), job.Step, job.TotalSteps, job.Waits),
        StepMetrics s => new StepEvent(s.Step, s.Epoch, s.Loss, s.Measures?.RSquared is null ? s.Accuracy : null, s.LearningRate, s.Examples, s.Milliseconds, s.ComputeMilliseconds, s.Skipped, s.ReplayCheck)
        {
            R2 = s.Measures?.RSquared,
            Mae = s.Measures?.MeanAbsoluteError,
            TopAccuracy = s.Measures?.TopAccuracy,
            GradientNorm = s.GradientNorm,
            GradientSquare = s.Noise?.GradientSquare,
            NoiseTrace = s.Noise?.Trace,
            NoiseScale = s.Noise?.Scale,
            CriticalBatch = s.Noise?.CriticalBatch,
        },
        EvaluationMetrics e => Told(new EvaluationEvent(e.Step, e.Epoch, e.Loss, e.Accuracy), e.Measures),
        ValidationMetrics v => Told(new ValidationEvent(v.Step, v.Epoch, v.Loss, v.Accuracy), v.Measures),
        ProbeMetrics p => new UpdateProbeEvent(
            p.Step, p.Epoch, p.CriticalSharpness, p.Low, p.High, p.LambdaMax, p.LambdaMin, p.LambdaMaxResidual, p.LambdaMinResidual,
            p.Smoothness?.Beta, p.Smoothness?.LossLow, p.Smoothness?.LossHigh, p.Smoothness?.ChangeLow, p.Smoothness?.ChangeHigh, p.GradientNorm,
            p.Positive, p.Negative, p.Edge, p.Loss, p.Passes > 0 ? p.Passes : null, p.Passes > 0 ? null : p.Products, p.Examples > 0 ? p.Examples : null),
        LogLine log => new LogEvent(log.Text),
        _ => null,
    };

    private static SetEvent Told(SetEvent set, Measures? measures) => measures is null ? set : set with
    {
        Accuracy = measures.RSquared is null ? set.Accuracy : null,
        R2 = measures.RSquared,
        Mae = measures.MeanAbsoluteError,
        TopAccuracy = measures.TopAccuracy,
    };

    private void Write(OutputEvent line) => output.WriteLine(OutputJson.Line(line));
}
