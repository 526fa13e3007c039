namespace DistTrain.Worker.Jobs;

/// <summary>A reason for which a job can't go on. The message is for the user.</summary>
internal sealed class JobFailedException(string message) : Exception(message);
