namespace DistTrain.Operator.Hosting;

/// <summary>The operator can't be set up as asked; the message is for the user.</summary>
public sealed class OperatorSetupException(string message, Exception cause) : Exception(message, cause);
