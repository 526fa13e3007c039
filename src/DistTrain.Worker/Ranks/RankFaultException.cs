namespace DistTrain.Worker.Ranks;

/// <summary>A reason for which a job must stop: repeating the step would not help. The message is for the user.</summary>
internal sealed class RankFaultException(string message, Exception? inner = null) : Exception(message, inner);
