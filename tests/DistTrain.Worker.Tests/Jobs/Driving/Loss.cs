using DistTrain.Worker.Jobs.Driving;

namespace DistTrain.Worker.Tests.Jobs.Driving;

/// <summary>A row of the table "When a process dies" in docs/recover.md, as a job's grain sees it.</summary>
/// <param name="Row">The first words of the row.</param>
/// <param name="What">What is seen.</param>
/// <param name="Happens">Makes it happen.</param>
/// <param name="Action">What is done about it.</param>
/// <param name="Reason">Why, in part or whole.</param>
internal sealed record Loss(string Row, string What, Func<Scene, Scene> Happens, JobAction Action, string Reason)
{
    public override string ToString() => $"{Row}: {What}";
}
