using DistTrain.Protocol;
using Google.Protobuf;

namespace DistTrain.Tests.Silos;

/// <summary>What a silo tells of a job, as messages, made short.</summary>
internal static class Messages
{
    public const string Hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    public static JobEvent State(JobState state, long step = 0, long total = 0, string error = "") => new()
    {
        Summary = new JobSummary
        {
            JobId = "job-1",
            Name = "job",
            State = state,
            Step = step,
            TotalSteps = total,
            Workers = 2,
            Error = error,
            Result = state == JobState.Completed
                ? new JobResult
                {
                    Steps = total,
                    Epochs = 1,
                    TrainLoss = 0.5,
                    TestAccuracy = 0.9875,
                    TestLoss = 0.25,
                    ImagesPerSecond = 1880.4,
                    StepMillisecondsMedian = 68.25,
                    OverheadShare = 0.125,
                    WeightsSha256 = Hash,
                }
                : null,
        },
    };

    public static JobEvent Step(long step, double loss = 1) => new()
    {
        Step = new StepMetrics
        {
            Step = step,
            Epoch = step / 10.0,
            Loss = loss,
            Accuracy = 0.5,
            LearningRate = 0.1,
            Examples = 128,
            Milliseconds = 64,
            ComputeMilliseconds = 60,
        },
    };

    public static JobEvent Evaluation(long step, double accuracy = 0.75) => new()
    {
        Evaluation = new EvaluationMetrics { Step = step, Epoch = step / 10.0, Loss = 0.5, Accuracy = accuracy, Examples = 1000 },
    };

    public static JobEvent Log(string text, long time = 1) => new() { Log = new LogLine { Time = time, Text = text } };

    public static DownloadChunk Chunk(string file, string text) => new() { File = file, Data = ByteString.CopyFromUtf8(text) };

    public static async IAsyncEnumerable<T> Async<T>(this IEnumerable<T> items)
    {
        foreach (var item in items)
        {
            await Task.Yield();
            yield return item;
        }
    }
}
