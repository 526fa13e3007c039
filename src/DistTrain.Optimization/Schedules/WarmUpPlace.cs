namespace DistTrain.Optimization.Schedules;

/// <summary>How a schedule goes together with the gradual warm-up.</summary>
public enum WarmUpPlace
{
    /// <summary>The schedule counts from the job's first step; the warm-up multiplies its beginning.</summary>
    Within,

    /// <summary>The schedule's clock starts when the warm-up ends and spans the rest of the job.</summary>
    Before,

    /// <summary>The warm-up is part of the schedule's own formula.</summary>
    Own,
}
