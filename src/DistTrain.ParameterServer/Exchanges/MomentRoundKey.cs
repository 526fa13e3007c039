using DistTrain.Protocol;

namespace DistTrain.ParameterServer.Exchanges;

/// <param name="Group">The scope, by its first rank.</param>
/// <param name="Step">The step.</param>
/// <param name="MicroBatch">The micro-batch of the step.</param>
/// <param name="Layer">The layer.</param>
/// <param name="Pass">Forward or backward.</param>
internal readonly record struct MomentRoundKey(int Group, long Step, int MicroBatch, int Layer, MomentPass Pass) : IRoundKey;
