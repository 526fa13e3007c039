using System.Text.Json.Serialization;

namespace DistTrain.Page.Data;

/// <summary>What a line of a run's log is about.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RunLogKind>))]
public enum RunLogKind
{
    /// <summary>Nothing that anybody has to look after.</summary>
    [JsonStringEnumMemberName("note")]
    Note,

    /// <summary>A command starts the run, or goes on with it.</summary>
    [JsonStringEnumMemberName("started")]
    Started,

    /// <summary>A process ended that nobody had asked to.</summary>
    [JsonStringEnumMemberName("died")]
    Died,

    /// <summary>A process that was started again listens.</summary>
    [JsonStringEnumMemberName("joined")]
    Joined,

    /// <summary>A rank goes on at another silo.</summary>
    [JsonStringEnumMemberName("moved")]
    Moved,

    /// <summary>The servers go on from a checkpoint.</summary>
    [JsonStringEnumMemberName("restored")]
    Restored,

    /// <summary>The job waits for somebody.</summary>
    [JsonStringEnumMemberName("waits")]
    Waits,

    /// <summary>It no longer does.</summary>
    [JsonStringEnumMemberName("waitOver")]
    WaitOver,

    /// <summary>Something could not be done or read; the job goes on.</summary>
    [JsonStringEnumMemberName("fault")]
    Fault,

    /// <summary>The job has completed, failed or was cancelled.</summary>
    [JsonStringEnumMemberName("ended")]
    Ended,
}
