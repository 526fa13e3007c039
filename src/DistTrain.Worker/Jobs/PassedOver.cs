using DistTrain.Protocol;

namespace DistTrain.Worker.Jobs;

/// <summary>Steps that make no update any more, since training went back from a step whose numbers were wrong.</summary>
/// <param name="First">The first: the step of a checkpoint.</param>
/// <param name="Last">The last: the step that was wrong.</param>
/// <param name="Generation">The first generation that passes them over; what an older one saved behind <paramref name="First"/> is of another history.</param>
[GenerateSerializer]
[Alias("DistTrain.PassedOver")]
public sealed record PassedOver(long First, long Last, long Generation)
{
    public StepRange ToMessage() => new() { First = First, Last = Last };
}
