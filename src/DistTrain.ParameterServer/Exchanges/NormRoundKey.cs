using DistTrain.Protocol;

namespace DistTrain.ParameterServer.Exchanges;

/// <param name="Group">The replica group.</param>
/// <param name="Step">The step.</param>
/// <param name="Of">Which of the step's exchanges.</param>
/// <param name="Turn">Which of several of one kind.</param>
internal readonly record struct NormRoundKey(int Group, long Step, NormRound Of, int Turn = 0) : IRoundKey;
