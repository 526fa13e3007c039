namespace DistTrain.Torch.Passes;

/// <summary>A model that can't be built; the message says which layer and why.</summary>
public sealed class ModelException(string message) : Exception(message);
