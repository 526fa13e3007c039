using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using DistTrain.Recipes;
using DistTrain.Recipes.Files;

namespace DistTrain.Cli.Chaos;

/// <summary>What a chaos session runs.</summary>
/// <param name="Job">The job of all runs.</param>
/// <param name="Silos">Worker silos.</param>
/// <param name="Servers">Parameter servers.</param>
/// <param name="Kills">SIGKILLs of a disturbed run.</param>
internal sealed record ChaosPlan(TrainingJob Job, int Silos, int Servers, int Kills)
{
    /// <summary>Silos and servers share memory: no part of what a result depends on.</summary>
    public bool SharesMemory { get; init; } = true;

    public FaultPlan Faults => new(Silos, Servers, Kills, Job.Spec.Checkpoint.EverySteps, Job.Spec.Checkpoint.Keep);

    /// <summary>SHA-256 of all that a run's result depends on; where the data lie on this machine is no part of it.</summary>
    public string Setup
    {
        get
        {
            var job = JobFile.Write(Job with { Spec = Job.Spec with { Dataset = Job.Spec.Dataset with { Path = null } } });
            return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
                string.Create(CultureInfo.InvariantCulture, $"{Silos} {Servers} {Kills}\n{job}"))));
        }
    }

    /// <summary>One line for the table.</summary>
    public string Summary =>
        $"{Job.Spec.Model.Name} on {Job.Spec.Dataset.Name}, {Job.Spec.Workers} ranks, {Silos} silos, {Servers} servers, a checkpoint every {Job.Spec.Checkpoint.EverySteps} steps; at least {Kills} SIGKILLs a run.";
}
