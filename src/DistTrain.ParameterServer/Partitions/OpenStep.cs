using DistTrain.Protocol;
using Position = DistTrain.Optimization.Order.Position;

namespace DistTrain.ParameterServer.Partitions;

/// <summary>A committed version and the step that waits for gradients at it: replaced whole when the step closes.</summary>
/// <param name="Version">Updates done so far; also the number of the step.</param>
/// <param name="Position">Where the version stands in the data.</param>
/// <param name="Take">Examples of the step over all ranks; 0 when training is over.</param>
/// <param name="Evaluate">True when ranks evaluate this version.</param>
/// <param name="Rate">Scheduled learning rate of the step.</param>
internal sealed record OpenStep(long Version, Position Position, int Take, bool Evaluate, double Rate)
{
    public bool IsLast => Take == 0;

    public VersionHead ToHead() => new() { Version = Version, Position = Position.ToMessage(), Take = Take, Evaluate = Evaluate };
}
