namespace DistTrain.Worker.Jobs.Door;

/// <summary>There is no micro-batch for a job that leaves it open; the message is for the submitter.</summary>
internal sealed class MicroBatchException(string message) : Exception(message);
